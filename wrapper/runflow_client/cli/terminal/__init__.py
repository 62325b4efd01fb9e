"""What people see: results on stdout, everything else on stderr; colours and progress on terminals only."""
