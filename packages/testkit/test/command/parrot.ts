export { createToy } from "../flawed/reference.ts";
