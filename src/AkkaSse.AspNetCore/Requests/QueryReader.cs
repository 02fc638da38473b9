using System.Net;
using AkkaSse.Hub;

namespace AkkaSse.AspNetCore;

/// <summary>
/// Walks over the parameters of a raw query without allocating for those nobody asks for. Values are decoded on demand, strictly and once.
/// </summary>
internal ref struct QueryReader(ReadOnlySpan<char> query)
{
    private ReadOnlySpan<char> _rest = query;
    private ReadOnlySpan<char> _value;

    /// <summary>The current parameter's name, decoded; a name that cannot be decoded is as it stands and so matches none.</summary>
    public ReadOnlySpan<char> Name { get; private set; }

    /// <summary>Moves to the next parameter; false after the last.</summary>
    public bool Next()
    {
        while (_rest.Length > 0)
        {
            var end = _rest.IndexOf('&');
            var pair = end < 0 ? _rest : _rest[..end];
            _rest = end < 0 ? default : _rest[(end + 1)..];
            if (pair.Length == 0) continue;
            var equals = pair.IndexOf('=');
            Name = equals < 0 ? pair : pair[..equals];
            _value = equals < 0 ? default : pair[(equals + 1)..];
            if (Name.ContainsAny('%', '+') && PercentDecoding.TryDecode(Name, query: true, out var decoded) is null) Name = decoded;
            return true;
        }
        return false;
    }

    /// <summary>
    /// Takes the value of a parameter that may be there once. The empty value stays "" here, so that a repetition is seen; see
    /// <see cref="Absent"/>.
    /// </summary>
    public readonly HubFault? Single(string name, ref string? slot)
    {
        if (slot is not null) return HubFault.Parameter(name, "is there more than once; once is allowed.");
        var wrong = PercentDecoding.TryDecode(_value, query: true, out var text);
        slot = text;
        return wrong is null ? null : HubFault.Parameter(name, wrong);
    }

    /// <summary>
    /// Takes a name of a stream, zone or client that may be there once; the empty value is refused, and what is the hub's own unless it is
    /// a stream to be read.
    /// </summary>
    public readonly HubFault? SingleName(string parameter, ref string? slot, bool reads = false)
    {
        if (slot is not null) return HubFault.Parameter(parameter, "is there more than once; once is allowed.");
        var fault = NameValue(parameter, out var name, reads);
        slot = name;
        return fault;
    }

    /// <summary>Takes one of several names; repetitions of the same name count once.</summary>
    public readonly HubFault? EachName(string parameter, ref List<string>? slot, bool reads = false)
    {
        if (NameValue(parameter, out var name, reads) is { } fault) return fault;
        slot ??= [];
        if (!slot.Contains(name)) slot.Add(name);
        return null;
    }

    /// <summary>Takes one of several values; empty ones count as absent.</summary>
    public readonly HubFault? Each(string name, ref List<string>? slot)
    {
        if (PercentDecoding.TryDecode(_value, query: true, out var text) is { } wrong) return HubFault.Parameter(name, wrong);
        if (text.Length == 0) return null;
        slot ??= [];
        if (!slot.Contains(text)) slot.Add(text);
        return null;
    }

    /// <summary>
    /// The value of a parameter that must not be a reason to refuse, decoded as the URL standard says: a <c>%</c> without two hex digits
    /// stands for itself, bytes that are not UTF-8 become U+FFFD.
    /// </summary>
    public readonly string Lenient() => PercentDecoding.TryDecode(_value, query: true, out var text) is null
        ? text
        : WebUtility.UrlDecode(_value.ToString());

    /// <summary>Takes a switch: <c>1</c> or <c>true</c>, <c>0</c> or <c>false</c>.</summary>
    public readonly HubFault? Switch(string name, ref bool? slot)
    {
        if (slot is not null) return HubFault.Parameter(name, "is there more than once; once is allowed.");
        switch (_value)
        {
            case "1" or "true":
                slot = true;
                return null;
            case "0" or "false":
                slot = false;
                return null;
            case "":
                return null;
            default:
                return HubFault.Parameter(name, "has another value than 1, 0, true or false.");
        }
    }

    /// <summary>An empty query value counts as absent.</summary>
    public static string? Absent(string? value) => value is "" ? null : value;

    private readonly HubFault? NameValue(string parameter, out string name, bool reads)
    {
        if (PercentDecoding.TryDecode(_value, query: true, out name) is { } wrong)
            return HubFault.Name($"The name in the parameter '{parameter}' {wrong}");
        if (reads && name == HubNames.AuditStream) return null;
        return HubNames.Check(name) is { } fault ? HubFault.Name($"{parameter}: {fault}") : null;
    }
}
