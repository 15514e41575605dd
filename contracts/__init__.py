"""The words that all services share: messages, ids, subjects, topology as data, errors. No I/O."""
