// @amplitude/analytics-node, as its documentation has it: a person's group is set once, events repeat nothing.
"use strict";
const amplitude = require("@amplitude/analytics-node");
const { main } = require("./saying.js");

main(async (host, key) => {
  await amplitude.init(key, { serverUrl: `${host}/2/httpapi`, logLevel: 0 }).promise;
  const set = (traits) => {
    const identify = new amplitude.Identify();
    for (const [name, value] of Object.entries(traits)) identify.set(name, value);
    return identify;
  };
  return {
    user: (user_id, traits) => void amplitude.identify(set(traits), { user_id }),
    account: (user_id, account, traits) => {
      amplitude.setGroup("company", account, { user_id });
      amplitude.groupIdentify("company", account, set(traits));
    },
    event: (user_id, event, properties, at) =>
      void amplitude.track(event, properties, { user_id, time: at.getTime() }),
    close: () => amplitude.flush().promise,
  };
});
