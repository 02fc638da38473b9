namespace AkkaSse.Client;

/// <summary>Where a subscription resumes: the id committed by the events handed out, or the one acknowledged. Thread-safe.</summary>
internal sealed class ResumePoint(string start, bool manual)
{
    private readonly Lock _lock = new();
    private string _id = start;
    private string? _outstanding;

    public string Id
    {
        get
        {
            lock (_lock)
            {
                return _id;
            }
        }
    }

    /// <summary>An event was handed out while <paramref name="id"/> was in force.</summary>
    public void Deliver(string id)
    {
        lock (_lock)
        {
            if (manual)
            {
                _outstanding = id;
            }
            else
            {
                _id = id;
            }
        }
    }

    /// <summary>
    /// The id moved without an event for the consumer: a block of an id alone, or a hub's control event. In manual mode it counts once
    /// everything handed out is acknowledged; without this a reader cut off before its first event would start anew.
    /// </summary>
    public void Move(string id)
    {
        lock (_lock)
        {
            if (!manual)
            {
                _id = id;
            }
            else if (_outstanding is null || _outstanding == _id)
            {
                _id = id;
                _outstanding = null;
            }
        }
    }

    public void Acknowledge(string id)
    {
        lock (_lock)
        {
            _id = id;
        }
    }

    /// <summary>A new connection begins; what was handed out and not acknowledged will come again.</summary>
    public void Reconnect()
    {
        lock (_lock)
        {
            _outstanding = null;
        }
    }
}
