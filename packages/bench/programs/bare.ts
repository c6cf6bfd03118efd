// what TypeScript and the types of Node.js cost alone
export {};
