namespace AkkaSse.Client;

/// <summary>Makes the clients registered with <c>AddSseClient</c>. Thread-safe.</summary>
public interface ISseClientFactory
{
    /// <summary>Makes a client; the caller disposes it.</summary>
    /// <param name="name">The name it was registered with.</param>
    /// <returns>A new client that has sent nothing yet.</returns>
    /// <exception cref="ArgumentException">No client of that name is registered, or its settings are invalid.</exception>
    SseClient Create(string name);
}
