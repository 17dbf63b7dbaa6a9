// Where the browser begins.

import { startConsole } from "./app/console.js";

startConsole(document.getElementById("app"));
