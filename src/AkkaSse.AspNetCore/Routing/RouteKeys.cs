namespace AkkaSse.AspNetCore;

/// <summary>
/// The names of the routes' parameters. They have a prefix, because a route group around the hub (<c>/tenants/{id}</c>) may have a
/// parameter of the same name.
/// </summary>
internal static class RouteKeys
{
    public const string Prefix = "sse_";

    public const string Stream = Prefix + "stream";

    public const string Client = Prefix + "client";

    public const string Zone = Prefix + "zone";

    public const string Subscription = Prefix + "id";

    /// <summary>What stands behind the part of a path that the hub knows.</summary>
    public const string Rest = Prefix + "rest";
}
