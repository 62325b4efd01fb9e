"""The journal of a batch: a protocol, its rules, and the forms in which its rows are kept."""
