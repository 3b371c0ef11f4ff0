// What the client uses of Node.js.
declare const process: { readonly argv: string[] };
