using System.Globalization;

namespace AkkaSse.AspNetCore;

/// <summary>The query of a call that answers with a page.</summary>
internal struct ListParameters
{
    /// <summary>Most items of a page; the hub's own bound.</summary>
    public const int MaxLimit = 1_000;

    /// <summary>Items of a page whose caller says nothing.</summary>
    public const int DefaultLimit = 100;

    public string? Prefix, After, Stream, Zone;
    public int Limit;

    public static HubFault? Read(in RequestTarget target, out ListParameters p)
    {
        p = default;
        string? limit = null;
        var q = target.Parameters;
        while (q.Next())
        {
            var fault = q.Name switch
            {
                "prefix" => q.Single("prefix", ref p.Prefix),
                "after" => q.Single("after", ref p.After),
                "limit" => q.Single("limit", ref limit),
                "stream" => q.SingleName("stream", ref p.Stream),
                "zone" => q.SingleName("zone", ref p.Zone),
                _ => null,
            };
            if (fault is not null) return fault;
        }

        p.Prefix = QueryReader.Absent(p.Prefix);
        p.After = QueryReader.Absent(p.After);
        // No name has one, and a database takes none.
        if (p.Prefix?.Contains('\0') == true) return HubFault.Parameter("prefix", "has the character U+0000; every other one is allowed.");
        if (p.After?.Contains('\0') == true) return HubFault.Parameter("after", "has the character U+0000; every other one is allowed.");
        p.Limit = DefaultLimit;
        if (QueryReader.Absent(limit) is not { } text) return null;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out p.Limit) && p.Limit is >= 1 and <= MaxLimit
            ? null
            : HubFault.Parameter("limit", $"is not a whole number from 1 to {MaxLimit}.");
    }
}
