using System.Globalization;

namespace AkkaSse.AspNetCore;

/// <summary>
/// Gives the items of a batch with an <c>Idempotency-Key</c> the keys of their runs: neighbours for one target share <c>key#index</c>, with
/// the index of the run's first item in the body. What a run is depends on the body alone, so a repetition has the same keys.
/// </summary>
internal sealed class RunKeys(string? key)
{
    private string? _current;
    private string? _stream;
    private string? _zone;
    private bool _broadcast;

    /// <summary>Gives an item its key, unless it has one of its own.</summary>
    /// <param name="item">The item.</param>
    /// <param name="index">Its place in the body.</param>
    /// <param name="first">True when it is the first of those that go to the hub together.</param>
    public void Give(ref BatchEntry item, int index, bool first)
    {
        if (item.Client is not null)
        {
            item.Fault = HubFault.Body("Idempotency-Key has no meaning for a client's inbox, which is live only and keeps nothing.");
            return;
        }
        if (item.Key is not null)
        {
            _current = null;
            return;
        }
        if (first || _current is null || item.Stream != _stream || item.Zone != _zone || item.Broadcast != _broadcast)
        {
            _current = string.Create(CultureInfo.InvariantCulture, $"{key}#{index}");
            (_stream, _zone, _broadcast) = (item.Stream, item.Zone, item.Broadcast);
        }
        item.Key = _current;
        item.KeyCoversRun = true;
    }
}
