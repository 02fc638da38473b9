namespace AkkaActors;

/// <summary>The answer to <see cref="Scan"/>.</summary>
/// <param name="Parcel">The parcel.</param>
/// <param name="Scans">How often it was scanned.</param>
/// <param name="Node">Where the parcel's actor is.</param>
/// <param name="Position">Where the event stands in the stream, or why there is none.</param>
public sealed record Scanned(string Parcel, int Scans, string Node, string Position);
