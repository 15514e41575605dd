"""What everything around the engines costs: `docr bench pipeline`."""
