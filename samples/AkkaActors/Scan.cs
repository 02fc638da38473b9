namespace AkkaActors;

/// <summary>A parcel was seen somewhere.</summary>
public sealed record Scan(string Parcel, string Place);
