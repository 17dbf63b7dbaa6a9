// What a JSON Web Token says about itself. Nothing is verified here: only the server can, and does.

/** The decoded `{header, claims}`, or null when it is not a token. */
export function decoded(token) {
    const parts = String(token ?? "").split(".");
    if (parts.length !== 3) return null;
    try {
        return { header: section(parts[0]), claims: section(parts[1]) };
    } catch {
        return null; // not base64url, not UTF-8 or not JSON: all mean "no token"
    }
}

function section(base64url) {
    const binary = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
}

/** How long it lives from issue to end, in milliseconds; null when it does not say. */
export function lifetime_ms(token) {
    const claims = decoded(token)?.claims;
    return Number.isFinite(claims?.exp) && Number.isFinite(claims?.iat) ? (claims.exp - claims.iat) * 1_000 : null;
}
