using Orleans.Dashboard;
using Orleans.Hosting;
using Orleans.Runtime;

namespace OtelOrleans.Silo.Hosting;

/// <summary>Orleans' dashboard on the silo's web port.</summary>
internal static class SiloDashboard
{
    public const string Path = "/dashboard";

    /// <summary>Without live log traces, which would show every log line to whoever opens the page.</summary>
    public static void AddSiloDashboard(this ISiloBuilder silo)
    {
        List<ServiceDescriptor> before = [.. silo.Services];
        silo.AddDashboard(o => o.HideTrace = true);
        // Its hosted service calls grains as soon as it starts. Services start side by side here, so it is started by the silo instead, once that is active.
        foreach (var hosted in silo.Services.Except(before).Where(d => d.ServiceType == typeof(IHostedService)).ToList())
        {
            silo.Services.Remove(hosted);
            silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(s => new StartedWhenActive((IHostedService)hosted.ImplementationFactory!(s)));
        }
    }

    private sealed class StartedWhenActive(IHostedService service) : ILifecycleParticipant<ISiloLifecycle>
    {
        public void Participate(ISiloLifecycle observer) =>
            observer.Subscribe(nameof(StartedWhenActive), ServiceLifecycleStage.Last, service.StartAsync, service.StopAsync);
    }
}
