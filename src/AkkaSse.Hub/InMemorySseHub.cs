namespace AkkaSse.Hub;

/// <summary>
/// A whole hub in memory, for tests of code that takes an <see cref="ISseHub"/>: what is published is ordered, kept and delivered as in
/// production, and can be read back with <see cref="ISseHub.ListenAsync"/> and <see cref="IStreamDirectory.ReadAsync"/>. Where only calls
/// matter, a mock of the interface does.
/// </summary>
public static class InMemorySseHub
{
    /// <summary>
    /// Starts a hub on the in-process engine. Streams are created by a publish unless the options say otherwise. Dispose it.
    /// </summary>
    /// <param name="configure">Changes the options.</param>
    /// <param name="time">The clock; the system's when null.</param>
    /// <exception cref="ArgumentException">The options are invalid.</exception>
    public static async Task<SseHub> StartAsync(Action<HubOptions>? configure = null, TimeProvider? time = null)
    {
        var options = new HubOptions { AutoCreate = true };
        configure?.Invoke(options);
        var hub = new SseHub(options, time: time);
        await hub.StartAsync().ConfigureAwait(false);
        return hub;
    }
}
