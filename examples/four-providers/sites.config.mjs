const { PIZZAGPT_URL, CHATGPTT_URL, CHATGPTFREE_URL, FAKEGPT_URL } = process.env;

// the sites themselves, but for those that the environment replaces by another server of the same protocol
// biome-ignore lint/style/noDefaultExport: the command reads a configuration from the default export
export default {
  order: ["pizzagpt", "chatgptt", "chatgptfree"],
  settings: {
    pizzagpt: { baseURL: PIZZAGPT_URL },
    chatgptt: { baseURL: CHATGPTT_URL },
    chatgptfree: { baseURL: CHATGPTFREE_URL },
    fakegpt: { baseURL: FAKEGPT_URL },
  },
};
