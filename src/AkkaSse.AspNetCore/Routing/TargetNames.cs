using AkkaSse.Hub;

namespace AkkaSse.AspNetCore;

/// <summary>
/// The name that a call is about: from its path segment, or from the query of the twin whose resource is written in the singular.
/// </summary>
internal static class TargetNames
{
    /// <param name="target">The request's target.</param>
    /// <param name="name">The name.</param>
    /// <param name="reads">True where the stream is read: the hub's audit can be, too.</param>
    public static HubFault? Stream(in RequestTarget target, out string name, bool reads = false) =>
        Read(target, RouteKeys.Stream, "stream", "stream", out name, reads);

    public static HubFault? Client(in RequestTarget target, out string name) =>
        Read(target, RouteKeys.Client, "client", "client", out name);

    public static HubFault? Subscription(in RequestTarget target, out string name) =>
        Read(target, RouteKeys.Subscription, "subscription", "id", out name);

    private static HubFault? Read(in RequestTarget target, string key, string kind, string parameter, out string name, bool reads = false)
    {
        if (target.Has(key))
        {
            name = HubNames.AuditStream;
            return reads && target.Is(key, name) ? null : target.Name(key, kind, out name);
        }
        string? value = null;
        var parameters = target.Parameters;
        while (parameters.Next())
        {
            if (parameters.Name.SequenceEqual(parameter) && parameters.SingleName(parameter, ref value, reads) is { } fault)
            {
                name = "";
                return fault;
            }
        }
        name = value ?? "";
        return value is null ? HubFault.Name($"The parameter '{parameter}' is missing; it names the {kind}.") : null;
    }
}
