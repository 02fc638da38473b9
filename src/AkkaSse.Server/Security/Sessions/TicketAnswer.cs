namespace AkkaSse.Server.Security.Sessions;

/// <summary>What became of a ticket.</summary>
/// <param name="Fault">Why it is not accepted.</param>
/// <param name="Content">What it stands for; null when it is not accepted.</param>
/// <param name="IsUnavailable">True when that cannot be said now.</param>
internal readonly record struct TicketAnswer(string? Fault, TicketContent? Content = null, bool IsUnavailable = false)
{
    internal static TicketAnswer Unknown { get; } = new("The ticket is not known, or has ended.");

    internal static TicketAnswer Unavailable { get; } =
        new("The engine is away; nobody can say now whether the ticket is right.", IsUnavailable: true);
}
