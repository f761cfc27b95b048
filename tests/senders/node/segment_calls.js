// @segment/analytics-node, as its documentation has it.
"use strict";
const { Analytics } = require("@segment/analytics-node");
const { main } = require("./saying.js");

main((host, key) => {
  const client = new Analytics({ writeKey: key, host });
  client.on("error", () => {});
  return {
    user: (userId, traits) => client.identify({ userId, traits }),
    account: (userId, groupId, traits) => client.group({ userId, groupId, traits }),
    event: (userId, event, properties, timestamp) => client.track({ userId, event, properties, timestamp }),
    close: () => client.closeAndFlush({ timeout: 40000 }),
  };
});
