"""The commands, one file each. Their modules load quickly: what a command needs is imported when it runs."""
