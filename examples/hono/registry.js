import { createChatgptfree } from "@fallthrough/provider-chatgptfree";
import { createPizzagpt } from "@fallthrough/provider-pizzagpt";
import { createRegistry } from "@fallthrough/registry";

/** Two sites that ask for no key; where a variable is unset, the site itself is asked. */
export const registry = createRegistry({
  providers: [
    createChatgptfree({ baseURL: process.env.CHATGPTFREE_URL }),
    createPizzagpt({ baseURL: process.env.PIZZAGPT_URL }),
  ],
});
