"""`deploy/deploy.sh`: a system on the machines of an inventory, by ssh."""
