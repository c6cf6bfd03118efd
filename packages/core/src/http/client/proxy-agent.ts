/// <reference path="./undici.d.ts" />
import connect from "undici/lib/api/api-connect.js";
import Dispatcher from "undici/lib/dispatcher/dispatcher.js";
import ProxyAgent from "undici/lib/dispatcher/proxy-agent.js";

// the agent opens its tunnels with this method, which undici's index adds to the classes of its parts
Dispatcher.prototype.connect = connect;

export { ProxyAgent };
