"""The models and enums of the contract, each loaded when it is first asked for, with the parts it holds."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .account import Account
    from .account_membership import AccountMembership
    from .account_organization import AccountOrganization
    from .asset import Asset
    from .asset_type_list import AssetTypeList
    from .asset_type_row import AssetTypeRow
    from .asset_upload import AssetUpload
    from .asset_user import AssetUser
    from .balance import Balance
    from .callback_secret import CallbackSecret
    from .comfyui_workflow import ComfyuiWorkflow
    from .comfyui_workflow_gpu_model import ComfyuiWorkflowGpuModel
    from .comfyui_workflow_input import ComfyuiWorkflowInput
    from .comfyui_workflow_output import ComfyuiWorkflowOutput
    from .confirm_asset_upload_request import ConfirmAssetUploadRequest
    from .create_asset_upload_request import CreateAssetUploadRequest
    from .create_callback_secret_request import CreateCallbackSecretRequest
    from .error_detail import ErrorDetail
    from .error_response import ErrorResponse
    from .evaluation import Evaluation
    from .evaluation_action import EvaluationAction
    from .evaluation_callback import EvaluationCallback
    from .evaluation_failure import EvaluationFailure
    from .evaluation_gate_failure import EvaluationGateFailure
    from .evaluation_issue import EvaluationIssue
    from .evaluation_job_class import EvaluationJobClass
    from .evaluation_job_class_list import EvaluationJobClassList
    from .evaluation_job_class_row import EvaluationJobClassRow
    from .evaluation_judge import EvaluationJudge
    from .evaluation_list import EvaluationList
    from .evaluation_reference_image import EvaluationReferenceImage
    from .evaluation_source import EvaluationSource
    from .evaluation_status import EvaluationStatus
    from .evaluation_status_list import EvaluationStatusList
    from .evaluation_status_row import EvaluationStatusRow
    from .health import Health
    from .model import Model
    from .model_example import ModelExample
    from .model_faq_entry import ModelFaqEntry
    from .model_input import ModelInput
    from .model_output import ModelOutput
    from .model_pricing import ModelPricing
    from .model_related_link import ModelRelatedLink
    from .node_run import NodeRun
    from .run import Run
    from .run_evaluation_summary import RunEvaluationSummary
    from .run_log import RunLog
    from .set_evaluation_feedback_request import SetEvaluationFeedbackRequest
    from .submit_evaluation_request import SubmitEvaluationRequest
    from .update_callback_secret_request import UpdateCallbackSecretRequest

__all__: list[str] = [
    "Account",
    "AccountMembership",
    "AccountOrganization",
    "Asset",
    "AssetTypeList",
    "AssetTypeRow",
    "AssetUpload",
    "AssetUser",
    "Balance",
    "CallbackSecret",
    "ComfyuiWorkflow",
    "ComfyuiWorkflowGpuModel",
    "ComfyuiWorkflowInput",
    "ComfyuiWorkflowOutput",
    "ConfirmAssetUploadRequest",
    "CreateAssetUploadRequest",
    "CreateCallbackSecretRequest",
    "ErrorDetail",
    "ErrorResponse",
    "Evaluation",
    "EvaluationAction",
    "EvaluationCallback",
    "EvaluationFailure",
    "EvaluationGateFailure",
    "EvaluationIssue",
    "EvaluationJobClass",
    "EvaluationJobClassList",
    "EvaluationJobClassRow",
    "EvaluationJudge",
    "EvaluationList",
    "EvaluationReferenceImage",
    "EvaluationSource",
    "EvaluationStatus",
    "EvaluationStatusList",
    "EvaluationStatusRow",
    "Health",
    "Model",
    "ModelExample",
    "ModelFaqEntry",
    "ModelInput",
    "ModelOutput",
    "ModelPricing",
    "ModelRelatedLink",
    "NodeRun",
    "Run",
    "RunEvaluationSummary",
    "RunLog",
    "SetEvaluationFeedbackRequest",
    "SubmitEvaluationRequest",
    "UpdateCallbackSecretRequest",
]

_MODULES: dict[str, str] = {
    "Account": "account",
    "AccountMembership": "account_membership",
    "AccountOrganization": "account_organization",
    "Asset": "asset",
    "AssetTypeList": "asset_type_list",
    "AssetTypeRow": "asset_type_row",
    "AssetUpload": "asset_upload",
    "AssetUser": "asset_user",
    "Balance": "balance",
    "CallbackSecret": "callback_secret",
    "ComfyuiWorkflow": "comfyui_workflow",
    "ComfyuiWorkflowGpuModel": "comfyui_workflow_gpu_model",
    "ComfyuiWorkflowInput": "comfyui_workflow_input",
    "ComfyuiWorkflowOutput": "comfyui_workflow_output",
    "ConfirmAssetUploadRequest": "confirm_asset_upload_request",
    "CreateAssetUploadRequest": "create_asset_upload_request",
    "CreateCallbackSecretRequest": "create_callback_secret_request",
    "ErrorDetail": "error_detail",
    "ErrorResponse": "error_response",
    "Evaluation": "evaluation",
    "EvaluationAction": "evaluation_action",
    "EvaluationCallback": "evaluation_callback",
    "EvaluationFailure": "evaluation_failure",
    "EvaluationGateFailure": "evaluation_gate_failure",
    "EvaluationIssue": "evaluation_issue",
    "EvaluationJobClass": "evaluation_job_class",
    "EvaluationJobClassList": "evaluation_job_class_list",
    "EvaluationJobClassRow": "evaluation_job_class_row",
    "EvaluationJudge": "evaluation_judge",
    "EvaluationList": "evaluation_list",
    "EvaluationReferenceImage": "evaluation_reference_image",
    "EvaluationSource": "evaluation_source",
    "EvaluationStatus": "evaluation_status",
    "EvaluationStatusList": "evaluation_status_list",
    "EvaluationStatusRow": "evaluation_status_row",
    "Health": "health",
    "Model": "model",
    "ModelExample": "model_example",
    "ModelFaqEntry": "model_faq_entry",
    "ModelInput": "model_input",
    "ModelOutput": "model_output",
    "ModelPricing": "model_pricing",
    "ModelRelatedLink": "model_related_link",
    "NodeRun": "node_run",
    "Run": "run",
    "RunEvaluationSummary": "run_evaluation_summary",
    "RunLog": "run_log",
    "SetEvaluationFeedbackRequest": "set_evaluation_feedback_request",
    "SubmitEvaluationRequest": "submit_evaluation_request",
    "UpdateCallbackSecretRequest": "update_callback_secret_request",
}


def __getattr__(name: str) -> Any:
    """Loads a model or an enum."""
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{module}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """The public names."""
    return sorted(__all__)
