using System.Runtime.InteropServices;

namespace AkkaSse.Server.Hosting;

/// <summary>The first SIGTERM or SIGINT drains (the host does that); the second one ends the process at once.</summary>
internal sealed class SecondSignal : IDisposable
{
    private readonly PosixSignalRegistration[] _registrations;
    private int _signals;

    internal SecondSignal() => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
        PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
    ];

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        if (Interlocked.Increment(ref _signals) < 2) return;
        Console.Error.WriteLine("Second signal: ending without waiting.");
        // 128 + number is what a shell shows for a process that a signal ended.
        Environment.Exit(context.Signal == PosixSignal.SIGINT ? 130 : 143);
    }
}
