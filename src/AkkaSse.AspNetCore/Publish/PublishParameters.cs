using System.Globalization;
using AkkaSse.Hub;
using Microsoft.AspNetCore.Http;

namespace AkkaSse.AspNetCore;

/// <summary>What a publish says besides its body and the name in its path.</summary>
internal struct PublishParameters
{
    public string? Type, Id, Comment, Conflate, IdempotencyKey;
    public TimeSpan? Retry, Ttl;
    public bool Base64;

    // Only in the form with the target in the query (and zone= for a client).
    public string? Stream, Zone, Client;
    public bool Broadcast;

    /// <summary>
    /// Reads query and headers. Parameters of other meanings are left alone, so that an access token or a cache buster disturbs nobody.
    /// </summary>
    public static HubFault? Read(
        HttpRequest request, in RequestTarget target, bool targetInQuery, bool zoneInQuery, out PublishParameters p)
    {
        p = default;
        string? retry = null, ttl = null;
        bool? base64 = null, broadcast = null;
        var q = target.Parameters;
        while (q.Next())
        {
            var fault = q.Name switch
            {
                "type" => q.Single("type", ref p.Type),
                "id" => q.Single("id", ref p.Id),
                "comment" => q.Single("comment", ref p.Comment),
                "retry" => q.Single("retry", ref retry),
                "conflate" => q.Single("conflate", ref p.Conflate),
                "ttl" => q.Single("ttl", ref ttl),
                "base64" => q.Switch("base64", ref base64),
                "zone" when zoneInQuery => q.SingleName("zone", ref p.Zone),
                "stream" when targetInQuery => q.SingleName("stream", ref p.Stream),
                "client" when targetInQuery => q.SingleName("client", ref p.Client),
                "broadcast" when targetInQuery => q.Switch("broadcast", ref broadcast),
                _ => null,
            };
            if (fault is not null) return fault;
        }

        p.Type = QueryReader.Absent(p.Type);
        p.Id = QueryReader.Absent(p.Id);
        p.Comment = QueryReader.Absent(p.Comment);
        p.Conflate = QueryReader.Absent(p.Conflate);
        p.Base64 = base64 is true;
        p.Broadcast = broadcast is true;
        if (QueryReader.Absent(retry) is { } r && ReadRetry(r, out p.Retry) is { } badRetry) return badRetry;
        if (QueryReader.Absent(ttl) is { } t && ReadTtl(t, out p.Ttl) is { } badTtl) return badTtl;

        var key = request.Headers["Idempotency-Key"];
        if (key.Count == 0) return null;
        if (key.Count > 1)
            return new HubFault(400, HubErrorCodes.HeaderInvalid, "Idempotency-Key is there more than once; once is allowed.");
        p.IdempotencyKey = key.ToString();
        return p.IdempotencyKey.Length is 0 or > 256 || p.IdempotencyKey.AsSpan().ContainsAnyExceptInRange(' ', '~')
            ? new HubFault(400, HubErrorCodes.HeaderInvalid, "Idempotency-Key is not 1 to 256 characters of printable ASCII.")
            : null;
    }

    /// <summary>Reads a <c>retry</c>: milliseconds as on the wire, or a duration.</summary>
    public static HubFault? ReadRetry(string text, out TimeSpan? retry)
    {
        retry = null;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var ms)) retry = TimeSpan.FromMilliseconds(ms);
        else if (Durations.TryParse(text, out var duration)) retry = duration;
        else return HubFault.Parameter("retry", $"is neither a number of milliseconds nor {Durations.Allowed}.");
        return null;
    }

    /// <summary>Reads a <c>ttl</c>.</summary>
    public static HubFault? ReadTtl(string text, out TimeSpan? ttl)
    {
        ttl = null;
        if (!Durations.TryParse(text, out var duration)) return HubFault.Parameter("ttl", $"is not {Durations.Allowed}.");
        ttl = duration;
        return null;
    }
}
