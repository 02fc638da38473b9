{{- /* The server's configuration; a test binds every key that stands here. */ -}}
{{- define "akkasse.env" -}}
{{- $full := include "akkasse.fullname" . -}}
- name: POD_NAME
  valueFrom: { fieldRef: { fieldPath: metadata.name } }
- name: AKKASSE_HUB__NODENAME
  value: $(POD_NAME)
- name: AKKASSE_SERVER__ENGINE
  value: {{ .Values.engine }}
- name: AKKASSE_SERVER__DATA
  value: {{ if include "akkasse.hasVolume" . }}/data{{ else }}none{{ end }}
- name: AKKASSE_SERVER__LOGFORMAT
  value: {{ .Values.logFormat }}
# Endpoints are withdrawn while the node still serves: twice the readiness probe's period.
- name: AKKASSE_SERVER__READINESSDELAY
  value: 10s
{{- if .Values.auth.allowAnonymousNetwork }}
- name: AKKASSE_SERVER__ALLOWANONYMOUSNETWORK
  value: "true"
{{- end }}
{{- if or .Values.auth.allowAnonymousNetwork .Values.allowedHosts }}
# By which names nodes are asked for besides addresses.
- name: AKKASSE_SERVER__ALLOWEDHOSTS
  value: {{ $full }},{{ $full }}.{{ .Release.Namespace }},{{ $full }}.{{ .Release.Namespace }}.svc,{{ $full }}.{{ .Release.Namespace }}.svc.{{ .Values.clusterDomain }}
  {{- range .Values.allowedHosts }},{{ . }}{{ end }}
{{- end }}
{{- with .Values.knownProxies }}
- name: AKKASSE_SERVER__KNOWNPROXIES
  value: {{ join "," . | quote }}
{{- end }}
{{- range $i, $token := .Values.auth.tokens }}
- name: AKKASSE_AUTH__TOKENS__{{ $i }}__TOKENFILE
  value: /run/secrets/akkasse/{{ $i }}/token
- name: AKKASSE_AUTH__TOKENS__{{ $i }}__SUBJECT
  value: {{ $token.subject | quote }}
- name: AKKASSE_AUTH__TOKENS__{{ $i }}__GRANTS
  value: {{ join ";" $token.grants | quote }}
{{- end }}
{{- if eq .Values.engine "postgres" }}
- name: AKKASSE_POSTGRES__CONNECTIONSTRING
  valueFrom:
    secretKeyRef:
      name: {{ .Values.postgres.existingSecret }}
      key: {{ .Values.postgres.key }}
{{- end }}
{{- if eq .Values.engine "akka" }}
{{- $domain := include "akkasse.clusterDomain" . }}
{{- $seeds := int (include "akkasse.seedCount" .) }}
- name: AKKASSE_AKKA__HOST
  value: 0.0.0.0
- name: AKKASSE_AKKA__PUBLICHOST
  value: $(POD_NAME).{{ $domain }}
- name: AKKASSE_AKKA__SEEDS
  value: {{ range $i := until $seeds }}{{ if $i }},{{ end }}{{ $full }}-{{ $i }}.{{ $domain }}:4053{{ end }}
# A first seed that is cut off must not begin a second cluster.
- name: AKKASSE_AKKA__REQUIREDSEEDS
  value: {{ add (div $seeds 2) 1 | quote }}
{{- if .Values.akka.tls.enabled }}
- name: AKKASSE_AKKA__TLS__CERTIFICATEFILE
  value: /tls/tls.crt
- name: AKKASSE_AKKA__TLS__KEYFILE
  value: /tls/tls.key
- name: AKKASSE_AKKA__TLS__CAFILE
  value: /tls/ca.crt
{{- end }}
{{- end }}
{{- end }}
