using System.Buffers.Text;
using System.Globalization;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text.Json;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Server.Configuration;

namespace AkkaSse.Server.Security.Sessions;

/// <summary>
/// Tickets: short texts for the query of an <c>EventSource</c>, which can send no header. One stands in logs of proxies, so it is good for
/// one instance of one client: the first that uses it. They lie in the engine's key-value store under their hash, for all nodes.
/// Thread-safe.
/// </summary>
internal sealed class TicketStore(IHubEdge edge, EffectiveSettings settings, TimeProvider time)
{
    private const int Bytes = 32;
    private const string Prefix = "ticket/";

    /// <summary>Makes a ticket for a principal.</summary>
    /// <param name="principal">Of a <see cref="Credential"/>.</param>
    /// <param name="expires">When its credential ends; null for never.</param>
    /// <returns>The ticket, or null when nobody can say now whether it was stored.</returns>
    internal async ValueTask<IssuedTicket?> IssueAsync(ClaimsPrincipal principal, DateTimeOffset? expires)
    {
        var now = time.GetUtcNow();
        var ends = now + settings.Auth.TicketLifetime;
        if (expires < ends) ends = expires.Value;
        var useBefore = now + settings.Auth.TicketFirstUse;
        if (ends < useBefore) useBefore = ends;
        var content = new TicketContent
        {
            Subject = principal.FindFirst(ClaimTypes.NameIdentifier)!.Value,
            Grants = [.. principal.FindAll(Grant.ClaimType).Select(static c => c.Value)],
            Token = principal.FindFirst(Credential.TokenClaim)?.Value,
            // As old as what it is made with, as a session is.
            Issued = principal.FindFirst(Credential.IssuedClaim) is { } issued
                ? long.Parse(issued.Value, CultureInfo.InvariantCulture)
                : now.ToUnixTimeMilliseconds(),
            CredentialExpires = expires?.ToUnixTimeMilliseconds(),
            UseBefore = useBefore.ToUnixTimeMilliseconds(),
            Ends = ends.ToUnixTimeMilliseconds(),
        };
        var ticket = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes));
        var stored = await edge.Values.PutAsync(
            KeyOf(ticket), JsonSerializer.SerializeToUtf8Bytes(content), ends - now, expected: 0, CancellationToken.None);
        return stored.IsKnown ? new IssuedTicket(ticket, ends, useBefore) : null;
    }

    /// <summary>Takes a ticket: the first time it is bound, and from then on good for what it is bound to.</summary>
    internal async ValueTask<TicketAnswer> UseAsync(string ticket, string? client, string? instance)
    {
        if (instance is null)
            return new TicketAnswer("A ticket is good for one instance; the parameter 'instance' is missing.");
        if (ticket.Length != Base64Url.GetEncodedLength(Bytes)) return TicketAnswer.Unknown;
        var key = KeyOf(ticket);
        // The second time around another request has bound it between our look and our write.
        for (var attempt = 0; attempt < 2; attempt++)
        {
            if (!(await edge.Values.GetAsync(key, CancellationToken.None)).TryGet(out var stored)) return TicketAnswer.Unavailable;
            if (stored is not { } found) return TicketAnswer.Unknown;
            var content = JsonSerializer.Deserialize<TicketContent>(found.Bytes.Span)!;
            var now = time.GetUtcNow();
            if (now.ToUnixTimeMilliseconds() >= content.Ends) return TicketAnswer.Unknown;
            if (content.Instance is not null)
            {
                return content.Instance == instance && content.Client == client
                    ? new TicketAnswer(null, content)
                    : new TicketAnswer("The ticket is bound to another client or instance.");
            }
            if (now.ToUnixTimeMilliseconds() >= content.UseBefore) return TicketAnswer.Unknown;
            var bound = content with { Client = client, Instance = instance };
            var put = await edge.Values.PutAsync(key, JsonSerializer.SerializeToUtf8Bytes(bound),
                DateTimeOffset.FromUnixTimeMilliseconds(content.Ends) - now, found.Version, CancellationToken.None);
            if (!put.TryGet(out var version)) return TicketAnswer.Unavailable;
            if (version is not null) return new TicketAnswer(null, bound);
        }
        return TicketAnswer.Unavailable;
    }

    private static string KeyOf(string ticket) => Prefix + SecretHash.Of(ticket);
}

/// <summary>What a ticket stands for, as it is stored.</summary>
internal sealed record TicketContent
{
    public required string Subject { get; init; }

    public required List<string> Grants { get; init; }

    /// <summary>The hash of the server's own token that it was made with; null for another credential.</summary>
    public string? Token { get; init; }

    /// <summary>In milliseconds since 1970, like the other times.</summary>
    public long Issued { get; init; }

    public long? CredentialExpires { get; init; }

    public long UseBefore { get; init; }

    public long Ends { get; init; }

    public string? Client { get; init; }

    /// <summary>Null until the first use.</summary>
    public string? Instance { get; init; }

    internal Credential ToCredential() => Credential.Create(
        Credential.OfTicket,
        Subject,
        Grants.Select(static text => Grant.TryParse(text, out var grant) ? grant : throw new InvalidDataException("No grant.")),
        DateTimeOffset.FromUnixTimeMilliseconds(Issued),
        CredentialExpires is { } end ? DateTimeOffset.FromUnixTimeMilliseconds(end) : null,
        Token);
}

/// <summary>A new ticket.</summary>
internal sealed record IssuedTicket(string Ticket, DateTimeOffset Expires, DateTimeOffset UseBefore);
