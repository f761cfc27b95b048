// @rudderstack/rudder-sdk-node, as its documentation has it.
"use strict";
const RudderAnalytics = require("@rudderstack/rudder-sdk-node");
const { main } = require("./saying.js");

main((host, key) => {
  const client = new RudderAnalytics(key, { dataPlaneUrl: host, logLevel: "silly", flushInterval: 500 });
  return {
    user: (userId, traits) => client.identify({ userId, traits }),
    account: (userId, groupId, traits) => client.group({ userId, groupId, traits }),
    event: (userId, event, properties, timestamp) => client.track({ userId, event, properties, timestamp }),
    close: () => client.flush(),
  };
});
