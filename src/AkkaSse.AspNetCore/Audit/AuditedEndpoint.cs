namespace AkkaSse.AspNetCore;

/// <summary>Metadata of an endpoint: calls of it are entries of this kind.</summary>
internal sealed record AuditedEndpoint(HubAuditKind Kind);
