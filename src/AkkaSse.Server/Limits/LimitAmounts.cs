namespace AkkaSse.Server.Limits;

/// <summary>How much is asked for, or allowed per second.</summary>
/// <param name="Connects">Event streams.</param>
/// <param name="Events">Events.</param>
/// <param name="Bytes">Bytes of the bodies that they came in.</param>
internal readonly record struct LimitAmounts(double Connects, double Events, double Bytes);
