"""The models and enums of the contract, each loaded when it is first asked for, with the parts it holds."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .comfyui_workflow import ComfyuiWorkflow
    from .comfyui_workflow_gpu_model import ComfyuiWorkflowGpuModel
    from .comfyui_workflow_input import ComfyuiWorkflowInput
    from .comfyui_workflow_output import ComfyuiWorkflowOutput
    from .error_detail import ErrorDetail
    from .error_response import ErrorResponse
    from .evaluation import Evaluation
    from .evaluation_action import EvaluationAction
    from .evaluation_callback import EvaluationCallback
    from .evaluation_failure import EvaluationFailure
    from .evaluation_gate_failure import EvaluationGateFailure
    from .evaluation_issue import EvaluationIssue
    from .evaluation_job_class import EvaluationJobClass
    from .evaluation_judge import EvaluationJudge
    from .evaluation_reference_image import EvaluationReferenceImage
    from .evaluation_source import EvaluationSource
    from .evaluation_status import EvaluationStatus
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

__all__ = [
    "ComfyuiWorkflow",
    "ComfyuiWorkflowGpuModel",
    "ComfyuiWorkflowInput",
    "ComfyuiWorkflowOutput",
    "ErrorDetail",
    "ErrorResponse",
    "Evaluation",
    "EvaluationAction",
    "EvaluationCallback",
    "EvaluationFailure",
    "EvaluationGateFailure",
    "EvaluationIssue",
    "EvaluationJobClass",
    "EvaluationJudge",
    "EvaluationReferenceImage",
    "EvaluationSource",
    "EvaluationStatus",
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
]

_MODULES = {
    "ComfyuiWorkflow": "comfyui_workflow",
    "ComfyuiWorkflowGpuModel": "comfyui_workflow_gpu_model",
    "ComfyuiWorkflowInput": "comfyui_workflow_input",
    "ComfyuiWorkflowOutput": "comfyui_workflow_output",
    "ErrorDetail": "error_detail",
    "ErrorResponse": "error_response",
    "Evaluation": "evaluation",
    "EvaluationAction": "evaluation_action",
    "EvaluationCallback": "evaluation_callback",
    "EvaluationFailure": "evaluation_failure",
    "EvaluationGateFailure": "evaluation_gate_failure",
    "EvaluationIssue": "evaluation_issue",
    "EvaluationJobClass": "evaluation_job_class",
    "EvaluationJudge": "evaluation_judge",
    "EvaluationReferenceImage": "evaluation_reference_image",
    "EvaluationSource": "evaluation_source",
    "EvaluationStatus": "evaluation_status",
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
