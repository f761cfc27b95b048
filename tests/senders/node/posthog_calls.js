// posthog-node, as its documentation has it: the groups of an event are named with each.
"use strict";
const { PostHog } = require("posthog-node");
const { main, ACCOUNT } = require("./saying.js");

main((host, key) => {
  const client = new PostHog(key, { host });
  return {
    user: (distinctId, properties) => client.identify({ distinctId, properties }),
    account: (_, groupKey, properties) => client.groupIdentify({ groupType: "company", groupKey, properties }),
    event: (distinctId, event, properties, timestamp) =>
      client.capture({ distinctId, event, properties, groups: { company: ACCOUNT }, timestamp }),
    close: () => client.shutdown(40000),
  };
});
