using AkkaSse.Hub;
using AkkaSse.Hub.Engine;

namespace AkkaSse.Server.Limits;

/// <summary>What is allowed in each namespace (<see cref="LimitSettings.Namespaces"/>). Thread-safe.</summary>
internal sealed class NamespaceLimits
{
    private readonly HubOptions _hub;

    // By StreamNamespace.Index; each counts one thing, whose key is 0.
    private readonly LimitScope<int>?[] _scopes;

    private NamespaceLimits(LimitSettings limits, HubOptions hub, TimeProvider time)
    {
        _hub = hub;
        _scopes = [.. hub.ListNamespaces().Select(n => limits.Namespaces.TryGetValue(n.Prefix, out var rates)
            ? LimitScope<int>.Of(
                "The namespace", $"{LimitSettings.NamespacesSection}:{n.Prefix}", rates, limits.Burst, time)
            : null)];
    }

    /// <summary>Null where no namespace is limited.</summary>
    internal static NamespaceLimits? Of(LimitSettings limits, HubOptions? hub, TimeProvider time) =>
        hub is null || limits.Namespaces.Count == 0 ? null : new NamespaceLimits(limits, hub, time);

    /// <summary>The limits of the namespace of a stream; null where there are none.</summary>
    internal LimitScope<int>? Find(string stream) => _hub.NamespaceOf(stream) is { } found ? _scopes[found.Index] : null;
}
