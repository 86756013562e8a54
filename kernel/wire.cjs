// SPDX-License-Identifier: MIT
"use strict";

const { createHmac, randomUUID, timingSafeEqual } = require("node:crypto");

/**
 * The Jupyter wire format. A message is a list of ZeroMQ frames:
 *
 *     identity ..., "<IDS|MSG>", signature, header, parent header, metadata, content, buffers ...
 *
 * The signature is the HMAC-SHA256, in hex, over the four JSON frames; an empty key means unsigned.
 *
 * @spec Jupyter messaging 5.3, "The Wire Protocol"
 *
 * @typedef {{ msg_id: string, msg_type: string, session: string, username: string, version: string, date: string }} Header
 * @typedef {{ identities: Buffer[], header: Header, parent: Partial<Header>, metadata: object, content: Record<string, any> }} Message
 */

const DELIMITER = Buffer.from("<IDS|MSG>");
const PROTOCOL_VERSION = "5.3";

/**
 * The frames of a message, signed.
 *
 * @param {Message} message
 * @param {string} key
 * @returns {Buffer[]}
 */
function encode(message, key) {
  const parts = [message.header, message.parent, message.metadata, message.content].map((part) =>
    Buffer.from(JSON.stringify(part)),
  );
  return [...message.identities, DELIMITER, Buffer.from(sign(parts, key)), ...parts];
}

/**
 * The message in some frames. Throws when they are not a message or the signature is wrong.
 *
 * @param {Buffer[]} frames
 * @param {string} key
 * @returns {Message}
 */
function decode(frames, key) {
  const at = frames.findIndex((frame) => frame.equals(DELIMITER));
  const [signature, ...parts] = frames.slice(at + 1, at + 6);
  if (at < 0 || signature === undefined || parts.length !== 4) throw new Error("not a Jupyter message");
  const expected = Buffer.from(sign(parts, key));
  if (signature.length !== expected.length || !timingSafeEqual(signature, expected)) {
    throw new Error("a Jupyter message with a wrong signature");
  }
  const [header, parent, metadata, content] = parts.map((part) => JSON.parse(part.toString()));
  return { identities: frames.slice(0, at), header, parent, metadata, content };
}

/**
 * A new message, with nothing yet to answer.
 *
 * @param {string} type
 * @param {Record<string, any>} content
 * @param {string} session
 * @returns {Message}
 */
function request(type, content, session) {
  return { identities: [], header: header(type, session), parent: {}, metadata: {}, content };
}

/**
 * A message that answers, or belongs to, another: its header becomes the parent header.
 *
 * @param {Message} parent
 * @param {string} type
 * @param {Record<string, any>} content
 * @returns {Message}
 */
function answer(parent, type, content) {
  return {
    identities: parent.identities,
    header: header(type, parent.header.session),
    parent: parent.header,
    metadata: {},
    content,
  };
}

/**
 * @param {string} type
 * @param {string} session
 * @returns {Header}
 */
function header(type, session) {
  const date = new Date().toISOString();
  return {
    msg_id: randomUUID(),
    msg_type: type,
    session,
    username: "kernel",
    version: PROTOCOL_VERSION,
    date,
  };
}

/**
 * @param {Buffer[]} parts
 * @param {string} key
 */
function sign(parts, key) {
  if (key === "") return "";
  const hmac = createHmac("sha256", key);
  for (const part of parts) hmac.update(part);
  return hmac.digest("hex");
}

module.exports = { PROTOCOL_VERSION, encode, decode, request, answer };
