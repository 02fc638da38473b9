namespace AkkaSse.Hub.Clients;

/// <summary>
/// Claims that were lost while the connections for which they were granted are not in the table yet: such a connection must not come to
/// life beside its successor. Notes are kept only while somebody is on the way. Thread-safe.
/// </summary>
internal sealed class Arrivals
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Zone, string Client, long Generation), CloseReason> _lost = [];
    private int _onTheWay;

    internal void Begin()
    {
        lock (_gate) _onTheWay++;
    }

    internal void End()
    {
        lock (_gate)
        {
            if (--_onTheWay == 0) _lost.Clear();
        }
    }

    internal void Lost(string zone, string client, long generation, CloseReason reason)
    {
        lock (_gate)
        {
            if (_onTheWay > 0) _lost[(zone, client, generation)] = reason;
        }
    }

    internal CloseReason? WasLost(string zone, string client, long generation)
    {
        lock (_gate) return _lost.TryGetValue((zone, client, generation), out var reason) ? reason : null;
    }
}
