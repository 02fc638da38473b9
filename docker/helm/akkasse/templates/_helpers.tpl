{{- define "akkasse.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" }}
{{- end }}

{{- /* At most 50 characters: names of pods are names of nodes, which have at most 64, and "-cluster" is behind it. */ -}}
{{- define "akkasse.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" }}
{{- else if contains (include "akkasse.name" .) .Release.Name }}
{{- .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "akkasse.name" .) | trunc 50 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "akkasse.selectorLabels" -}}
app.kubernetes.io/name: {{ include "akkasse.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "akkasse.labels" -}}
{{ include "akkasse.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "akkasse.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "akkasse.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "akkasse.replicas" -}}
{{- if .Values.replicas }}
{{- .Values.replicas }}
{{- else if eq .Values.engine "memory" -}}
1
{{- else -}}
3
{{- end }}
{{- end }}

{{- define "akkasse.seedCount" -}}
{{- min (int .Values.akka.seeds) (int (include "akkasse.replicas" .)) }}
{{- end }}

{{- /* Where pods reach each other. */ -}}
{{- define "akkasse.clusterDomain" -}}
{{ include "akkasse.fullname" . }}-cluster.{{ .Release.Namespace }}.svc.{{ .Values.clusterDomain }}
{{- end }}

{{- define "akkasse.tlsSecret" -}}
{{- default (printf "%s-tls" (include "akkasse.fullname" .)) .Values.akka.tls.existingSecret }}
{{- end }}

{{- define "akkasse.hasVolume" -}}
{{- if and (eq .Values.engine "memory") .Values.persistence.enabled }}true{{ end }}
{{- end }}

{{- /* The server would refuse to start, in a pod that begins again and again; here the reason is read at once. */ -}}
{{- define "akkasse.checkAuth" -}}
{{- if not (or .Values.auth.allowAnonymousNetwork .Values.auth.tokens (hasKey .Values.config "Auth") .Values.extraEnv .Values.extraEnvFrom) }}
{{- fail "Nobody could be told from anybody: give auth.tokens or config.Auth, or say auth.allowAnonymousNetwork=true when everybody who reaches the service may read and publish." }}
{{- end }}
{{- end }}
