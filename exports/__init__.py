"""From the results of a job to the files that other tools read. Files in, files out; no broker."""
