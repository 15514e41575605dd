// What a user's JavaScript does with the system: `node doors.mjs URL FILE`. Prints what came back, as JSON.
import { readFileSync } from "node:fs";
import { connect, headers } from "@nats-io/transport-node";
import { jetstream } from "@nats-io/jetstream";
import { Objm } from "@nats-io/obj";
import { Svcm } from "@nats-io/services";

const [url, file] = process.argv.slice(2);
const document = new Uint8Array(readFileSync(file));
const connection = await connect({ servers: url });
const endings = {};
let told;
const ended = new Promise((resolve) => (told = resolve));
connection.subscribe("ocr.done.>", {
  callback: (error, message) => {
    const summary = message.json();
    endings[summary.job_id] = summary;
    if (Object.keys(endings).length === 4) told();
  },
});
await connection.flush();

// The bucket, with options as headers and as metadata.
const store = await new Objm(connection).open("UPLOADS");
const attached = headers();
attached.set("Ocr-Job-Id", "by-bucket");
const put = await store.putBlob(
  { name: "straße/scan.pdf", headers: attached, metadata: { "ocr-pages": "2" } },
  document,
);
const wrong = await store.putBlob(
  { name: "wrong.pdf", metadata: { "Ocr-Job-Id": "wrong", "Ocr-Language": "a\r\nb: ü" } },
  document,
);

// A stream publish, which waits for the PubAck.
const asked = headers();
asked.set("Ocr-Job-Id", "by-stream");
asked.set("Ocr-Dpi", "100");
const ack = await jetstream(connection).publish("ocr.submit", document, { headers: asked });

// The service.
const named = headers();
named.set("Ocr-Job-Id", "by-service");
const accepted = (
  await connection.request("ocr.jobs.submit", document, { headers: named, timeout: 10000 })
).json();
await ended;
const state = (await connection.request("ocr.jobs.get", "by-service")).json();
const listed = (await connection.request("ocr.jobs.list", JSON.stringify({ limit: 10 }))).json();
const refused = await connection.request("ocr.jobs.get", "nobody");
const client = new Svcm(connection).client();
const all = async (answers) => {
  const found = [];
  for await (const each of await answers) found.push(each);
  return found;
};
const [pings, infos, stats] = [
  await all(client.ping("ocr-jobs")),
  await all(client.info("ocr-jobs")),
  await all(client.stats("ocr-jobs")),
];
const late = await (
  await (await import("@nats-io/jetstream")).jetstreamManager(connection)
).streams.getMessage("SUMMARY", { last_by_subj: "ocr.summary.by-stream" });

console.log(JSON.stringify({
  endings, ack, accepted, state, listed, put, wrong,
  refused: { error: refused.headers.get("Nats-Service-Error"), code: refused.headers.get("Nats-Service-Error-Code") },
  pings, infos, stats, late: late.json(),
}));
await connection.close();
