namespace AkkaSse.Server.Tests.Support;

/// <summary>Waits for conditions.</summary>
internal static class Until
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Asks until the answer is yes; at the deadline it says what it waited for.</summary>
    internal static async Task TrueAsync(Func<Task<bool>> condition, string what)
    {
        using var limit = new CancellationTokenSource(ProgramProcess.Deadline);
        using var pause = new PeriodicTimer(Pause);
        while (!await condition())
        {
            if (limit.IsCancellationRequested) throw new TimeoutException($"Waited {ProgramProcess.Deadline.TotalSeconds} s in vain for: {what}");
            await pause.WaitForNextTickAsync();
        }
    }
}
