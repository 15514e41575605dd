"""What each role may read, write and hear of what there is; the rest it is refused."""

READS = {
    "documents": "$JS.API.DIRECT.GET.OBJ_UPLOADS",
    "entries of documents": "$JS.API.STREAM.MSG.GET.OBJ_UPLOADS",
    "outputs": "$JS.API.DIRECT.GET.OBJ_OUTPUTS",
    "results": "$JS.API.STREAM.MSG.GET.RESULTS",
    "a page's result": "$JS.API.DIRECT.GET.RESULTS.ocr.result.j.0",
    "summaries": "$JS.API.STREAM.MSG.GET.SUMMARY",
    "manifests": "$JS.API.STREAM.MSG.GET.KV_JOBS",
    "submissions": "$JS.API.CONSUMER.MSG.NEXT.SUBMIT.ingest",
    "pages": "$JS.API.CONSUMER.MSG.NEXT.PAGES.bulk_latin",
    "any stream, by a consumer of its own": "$JS.API.CONSUMER.CREATE.OBJ_UPLOADS",
    "any stream, by a durable consumer": "$JS.API.CONSUMER.DURABLE.CREATE.OBJ_UPLOADS.x",
}
WRITES = {
    "a summary": "ocr.summary.j",
    "an ending": "ocr.done.j",
    "an ending of a tenant": "ocr.ending.acme.j",
    "a result": "ocr.result.j.0",
    "a page": "ocr.page.bulk.latin.acme.j",
    "a submission": "ocr.submit",
    "a document": "$O.UPLOADS.C.x",
    "an output": "$O.OUTPUTS.C.x",
    "a manifest": "$KV.JOBS.j.manifest",
    "a new stream": "$JS.API.STREAM.CREATE.X",
    "a stream's settings": "$JS.API.STREAM.UPDATE.SUMMARY",
    "a stream away": "$JS.API.STREAM.DELETE.SUMMARY",
    "summaries away": "$JS.API.STREAM.PURGE.SUMMARY",
    "documents away": "$JS.API.STREAM.PURGE.OBJ_UPLOADS",
    "a consumer away": "$JS.API.CONSUMER.DELETE.PAGES.bulk_latin",
    "a page out of the queue": "$JS.ACK.PAGES.bulk_latin.1.1.1.1.0",
    "progress": "ocr.event.j",
}
HEARS = ("ocr.>", ">", "ocr.done.>", "ocr.events.>", "$JS.>", "_INBOX.>", "ocr.done_of.other.*")
# Of these, what each role may all the same.
MAY_READ = {
    "gateway": {
        *("documents", "entries of documents", "outputs", "summaries", "manifests"),
    },
    "ingest": {
        *("documents", "entries of documents", "outputs", "summaries", "manifests"),
        "submissions",
    },
    "node": {"pages"},
    "aggregator": {
        *("documents", "entries of documents", "outputs", "summaries", "manifests"),
        *("results", "a page's result"),
    },
    "submitter": set[str](),
    "reader-acme": set[str](),
}
MAY_WRITE = {
    "gateway": {
        *("a submission", "a document", "a manifest", "summaries away", "documents away"),
        "a page",
    },
    "ingest": {
        *("a submission", "a document", "a manifest", "summaries away", "documents away"),
        *("a page", "a result", "progress"),
    },
    "node": {"a result", "a page out of the queue"},
    "aggregator": {
        *("a summary", "an ending of a tenant", "a result", "a page", "a submission"),
        *("an output", "a manifest", "documents away", "progress"),
    },
    "submitter": {"a submission"},
    "reader-acme": set[str](),
}
MAY_HEAR = {
    "gateway": {"ocr.done.>", "ocr.events.>", "_INBOX.>"},
    "ingest": {"_INBOX.>"},
    "node": {"_INBOX.>"},
    "aggregator": {"_INBOX.>"},
    "submitter": {"_INBOX.>"},
    "reader-acme": set[str](),
}
