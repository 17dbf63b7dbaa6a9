// Every page and its address.

import { sessionPage } from "../account/session-page.js";
import { documentPage } from "../knowledge/document-page.js";
import { knowledgePage } from "../knowledge/knowledge-page.js";
import { newDocumentPage } from "../knowledge/new-document-page.js";
import { newTicketPage } from "../tickets/new-ticket-page.js";
import { ticketListPage } from "../tickets/ticket-list-page.js";
import { ticketPage } from "../tickets/ticket-page.js";

export const pages = [
    ["/tickets", ticketListPage],
    ["/tickets/new", newTicketPage],
    ["/tickets/:id", ticketPage],
    ["/knowledge", knowledgePage],
    ["/knowledge/new", newDocumentPage],
    ["/knowledge/:id", documentPage],
    ["/session", sessionPage],
];
