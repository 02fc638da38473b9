namespace AkkaSse.LoadRig.Tests;

/// <summary>A test of what needs epoll.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LinuxFactAttribute : FactAttribute
{
    /// <summary>Skips elsewhere, and says so.</summary>
    public LinuxFactAttribute()
    {
        if (!OperatingSystem.IsLinux()) Skip = "The rig runs on Linux only.";
    }
}
