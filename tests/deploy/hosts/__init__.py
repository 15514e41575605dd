"""Hosts for trying out deploy.sh: a bare Debian each, with systemd and sshd of its own."""
