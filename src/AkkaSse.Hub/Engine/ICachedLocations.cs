namespace AkkaSse.Hub.Engine;

/// <summary>
/// A power of some claim engines: <see cref="IClaimEngine.LocateAsync"/> may answer from memory, so that a send takes one hop. Whoever
/// learns that a client is not where it was found forgets it and asks once more.
/// </summary>
public interface ICachedLocations : IClaimEngine
{
    /// <summary>The next <see cref="IClaimEngine.LocateAsync"/> of this client asks the cluster.</summary>
    /// <param name="client">The id.</param>
    void Forget(string client);
}
