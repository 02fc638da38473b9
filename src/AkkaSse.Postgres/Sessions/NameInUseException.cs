namespace AkkaSse.Postgres.Sessions;

/// <summary>Another process has this node's name; alive when it was seen to renew its lease.</summary>
internal sealed class NameInUseException(string node, string? address, bool isAlive)
    : EngineAwayException($"the node name {node} is in use{(address is null ? "" : $" by the node at {address}")}")
{
    internal bool IsAlive => isAlive;
}
