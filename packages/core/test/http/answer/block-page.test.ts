import { expect, test } from "vitest";
import { isChallenge, isLoginPage, isPage, looksLikePage } from "../../../src/http/answer/block-page.ts";

test.each([
  ["<!doctype html>", true],
  ["\uFEFF\n <HTML lang=en>", true],
  ["<head>", true],
  ["<script>", true],
  ["<b>bold</b>", false],
  ['{"html":"<html>"}', false],
  ["data: <html>", false],
  ["", false],
  ["an answer about <html>", false],
  ["<HEAD>", true],
  ["<SCRIPT src=x>", true],
  [`${" ".repeat(512 - "<html".length)}<html>`, true],
  [`${" ".repeat(512 - "<html".length + 1)}<html>`, false],
])("%j looks like a page: %s", (text, expected) => {
  expect(looksLikePage(text)).toBe(expected);
});

test("a body is a page by its type or by its start", () => {
  expect(isPage("text/html", "x")).toBe(true);
  expect(isPage("application/json", "<html>")).toBe(true);
  expect(isPage("application/json", "{}")).toBe(false);
});

const CHALLENGE = "<html><title>Just a moment...</title><script>window._cf_chl_opt={}</script>";

test.each([
  ["the header of a CDN", { "cf-mitigated": "challenge" }, "application/json", "{}", true],
  ["its page", {}, "text/html", CHALLENGE, true],
  ["its page under another type", {}, "text/plain", CHALLENGE, true],
  ["its other page", {}, "text/html", "<title>Attention Required! | Cloudflare</title>", true],
  [
    "a good page with its script",
    {},
    "text/html",
    '<html><script src="/cdn-cgi/challenge-platform/x">',
    false,
  ],
  ["its title with space in front", {}, "text/html", "<title>  Just a moment", true],
  ["its words without its title", {}, "text/html", "<p>just a moment", false],
  ["an answer that quotes its page", {}, "application/json", JSON.stringify({ text: CHALLENGE }), false],
] as const)("%s is a challenge: %s", (_, headers, type, body, expected) => {
  expect(isChallenge(headers as Record<string, string>, type, body)).toBe(expected);
});

test.each([
  ["text/html", "<!doctype html><p>Hello", true],
  ["text/html", '<form><input name="p" type="password">', true],
  ["text/html", "<form><INPUT TYPE = 'password'>", true],
  ["text/html", "<form><input type=password>", true],
  ["text/html", '<input type="text"> a password', false],
  ["text/html", '<inputs type="password">', false],
  ["text/html", '<input data-mytype="password">', false],
  ["text/html", "<b>Notice</b>", false],
  ["text/plain", "<!doctype html><p>Hello", false],
  ["text/plain", '<input type="password">', false],
])("a body of type %s that is %j is a page to log in on: %s", (type, body, expected) => {
  expect(isLoginPage(type, body)).toBe(expected);
});
