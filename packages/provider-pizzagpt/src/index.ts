export { createPizzagpt, type PizzagptSettings } from "./provider.ts";
