// Sparkplug payloads by the npm package sparkplug-payload: a JSON list on stdin, a JSON list on stdout.
// `decode`: hexadecimal payloads to objects (64-bit numbers as texts). `encode`: objects to hexadecimal payloads.
"use strict";

const Long = require("long");
const { decodePayload, encodePayload } = require("sparkplug-payload").get("spBv1.0");

const jobs = {
  decode: (hex) => decodePayload(Buffer.from(hex, "hex")),
  encode: (payload) => Buffer.from(encodePayload(payload)).toString("hex"),
};

// JSON knows no 64-bit numbers.
Long.prototype.toJSON = function () {
  return this.toString();
};

const items = JSON.parse(require("fs").readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(items.map(jobs[process.argv[2]])));
