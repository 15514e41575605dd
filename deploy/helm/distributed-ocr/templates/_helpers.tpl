{{/* At most 26 characters: a pod's name is a node's name, whose last characters tell pods apart. */}}
{{- define "docr.fullname" -}}
{{- if contains "docr" .Release.Name -}}
{{- .Release.Name | trunc 26 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-docr" (.Release.Name | trunc 21 | trimSuffix "-") -}}
{{- end -}}
{{- end -}}

{{- define "docr.selector" -}}
app.kubernetes.io/name: distributed-ocr
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .role }}
{{- end -}}

{{- define "docr.labels" -}}
{{ include "docr.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end -}}

{{- define "docr.natsUrl" -}}
{{- $scheme := ternary "tls" "nats" (not (empty .Values.broker.tlsCaSecret)) -}}
{{- .Values.broker.url | default (printf "%s://%s:4222" $scheme .Values.nats.fullnameOverride) -}}
{{- end -}}

{{/* Whose image runs a role, and whose user of the broker it is. */}}
{{- define "docr.image" -}}
{{- $image := ternary "aggregator" .role (eq .role "setup") -}}
{{- printf "%sdistributed-ocr-%s:%s" .root.Values.image.registry $image (.root.Values.image.tag | default .root.Chart.AppVersion) | quote -}}
{{- end -}}

{{- define "docr.user" -}}
{{- ternary "operator" .role (eq .role "setup") -}}
{{- end -}}

{{- define "docr.monitoring" -}}
{{- .Values.keda.monitoringEndpoint | default (printf "%s-headless.%s.svc:8222" .Values.nats.fullnameOverride .Release.Namespace) -}}
{{- end -}}

{{/* The environment: what the site says of all services, then of this one, then what must be so. */}}
{{- define "docr.environment" -}}
{{- $own := index .root.Values .role -}}
{{- $fixed := dict
  "NATS_URL" (include "docr.natsUrl" .root)
  "NATS_REPLICAS" .root.Values.broker.replicas
  "STORE_GB" .root.Values.broker.storeGb -}}
{{- if .root.Values.broker.credentials -}}
{{- $_ := set $fixed "NATS_CREDS" "/run/secrets/broker/seed" -}}
{{- $_ := set $fixed "OCR_TOPOLOGY" "check" -}}
{{- end -}}
{{- if .root.Values.broker.tlsCaSecret -}}
{{- $_ := set $fixed "NATS_TLS_CA" "/run/secrets/broker-ca/ca.crt" -}}
{{- end -}}
{{- if eq .role "node" -}}
{{- $_ := set $fixed "MAX_CPU_CORES" $own.engines -}}
{{- $_ := set $fixed "MAX_RAM_GB" (mulf 1.5 $own.engines) -}}
{{- $_ := set $fixed "STOP_GRACE_SECONDS" $own.stopGraceSeconds -}}
{{- if $own.modelsClaim -}}
{{- $_ := set $fixed "OCR_MODEL_DIR" "/models" -}}
{{- end -}}
{{- end -}}
{{- range $name, $value := mergeOverwrite dict .root.Values.settings $own.settings $fixed }}
- name: {{ $name }}
  {{- /* A number of seven digits or more must not become 1e+06. */}}
  value: {{ if kindIs "float64" $value }}{{ if eq $value (floor $value) }}{{ int64 $value | toString | quote }}{{ else }}{{ $value | toString | quote }}{{ end }}{{ else }}{{ $value | toString | quote }}{{ end }}
{{- end }}
{{- /* A node's own door stands on the loopback address, and asks for no keys. */}}
{{- if eq .role "gateway" }}
- name: OCR_API_KEYS
  valueFrom:
    secretKeyRef: {name: {{ .root.Values.keysSecret }}, key: api-keys}
{{- end }}
{{- if not (has .role (list "node" "setup")) }}
- name: OCR_SECRET_KEY
  valueFrom:
    secretKeyRef: {name: {{ .root.Values.keysSecret }}, key: secret-key, optional: true}
{{- end }}
{{- end -}}

{{- define "docr.resources" -}}
{{- $own := index .root.Values .role -}}
{{- if and (eq .role "node") (not $own.resources) -}}
requests: {cpu: {{ $own.engines | quote }}, memory: {{ printf "%dMi" (add (mul $own.engines 1024) 512) }}}
limits: {cpu: {{ $own.engines | quote }}, memory: {{ printf "%dMi" (add (mul $own.engines 1536) 2048) }}}
{{- else -}}
{{ toYaml $own.resources }}
{{- end -}}
{{- end -}}

{{/* A deployment of one role. */}}
{{- define "docr.deployment" -}}
{{- $own := index .root.Values .role -}}
{{- $name := printf "%s-%s" (include "docr.fullname" .root) .role -}}
{{- $healthy := "/usr/local/lib/docr/healthy.py" -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $name }}
  labels:
    {{- include "docr.labels" . | nindent 4 }}
spec:
  {{- if not (and (eq .role "node") .root.Values.keda.enabled) }}
  replicas: {{ $own.replicas }}
  {{- end }}
  revisionHistoryLimit: 3
  strategy:
    type: RollingUpdate
    rollingUpdate: {maxSurge: 1, maxUnavailable: {{ if eq .role "node" }}"25%"{{ else }}0{{ end }}}
  selector:
    matchLabels:
      {{- include "docr.selector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "docr.labels" . | nindent 8 }}
    spec:
      {{- include "docr.pod" . | nindent 6 }}
      # SIGTERM drains: a node takes no page more and finishes those in its hands, for as long as
      # STOP_GRACE_SECONDS says; ingest hands its document over.
      terminationGracePeriodSeconds: {{ if eq .role "node" }}{{ add $own.stopGraceSeconds 30 }}{{ else }}60{{ end }}
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              {{- include "docr.selector" . | nindent 14 }}
      containers:
        - name: {{ .role }}
          image: {{ include "docr.image" . }}
          imagePullPolicy: {{ .root.Values.image.pullPolicy }}
          args: [{{ .role }}]
          env:
            {{- include "docr.environment" . | nindent 12 }}
          {{- if eq .role "gateway" }}
          ports:
            - {name: http, containerPort: 8000}
          {{- end }}
          securityContext:
            {{- include "docr.locked" . | nindent 12 }}
          # Engines are loaded, or the broker is found, within two minutes; what cannot start ends by
          # itself, and is started again.
          startupProbe:
            exec: {command: [python3, -I, {{ $healthy }}]}
            periodSeconds: 3
            timeoutSeconds: 5
            failureThreshold: 40
          # As the watchdog of the systemd units: the loop runs, and the broker answers.
          livenessProbe:
            exec: {command: [python3, -I, {{ $healthy }}]}
            periodSeconds: 20
            timeoutSeconds: 10
            failureThreshold: 3
          readinessProbe:
            {{- if eq .role "gateway" }}
            httpGet: {path: /ready, port: http}
            {{- else if eq .role "node" }}
            exec: {command: [python3, -I, {{ $healthy }}, "8001"]}
            {{- else }}
            exec: {command: [python3, -I, {{ $healthy }}]}
            {{- end }}
            periodSeconds: 10
            timeoutSeconds: 5
          {{- if eq .role "gateway" }}
          lifecycle:
            # Until nobody sends requests here any more; then SIGTERM lets those that run end.
            preStop:
              exec: {command: [sleep, "5"]}
          {{- end }}
          resources:
            {{- include "docr.resources" . | nindent 12 }}
          volumeMounts:
            {{- include "docr.mounts" . | nindent 12 }}
      {{- include "docr.volumes" . | nindent 6 }}
{{- end -}}

{{/* What pods of all roles say of themselves. */}}
{{- define "docr.pod" -}}
serviceAccountName: {{ include "docr.fullname" .root }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "docr.locked" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{- define "docr.mounts" -}}
{{- $own := index .root.Values .role -}}
- {name: temp, mountPath: /var/lib/docr}
{{- if .root.Values.broker.credentials }}
- {name: credentials, mountPath: /run/secrets/broker, readOnly: true}
{{- end }}
{{- if .root.Values.broker.tlsCaSecret }}
- {name: broker-ca, mountPath: /run/secrets/broker-ca, readOnly: true}
{{- end }}
{{- if $own.modelsClaim }}
- {name: models, mountPath: /models, readOnly: true}
{{- end }}
{{- end -}}

{{/* Volumes, and where the pod may run. */}}
{{- define "docr.volumes" -}}
{{- $own := index .root.Values .role -}}
volumes:
  - name: temp
    emptyDir: {medium: Memory, sizeLimit: {{ $own.tempSize }}}
  {{- with .root.Values.broker.credentials }}
  - name: credentials
    secret:
      secretName: {{ . }}-{{ include "docr.user" $ }}
      defaultMode: 0440
  {{- end }}
  {{- with .root.Values.broker.tlsCaSecret }}
  - name: broker-ca
    secret:
      secretName: {{ . }}
      defaultMode: 0440
      items: [{key: ca.crt, path: ca.crt}]
  {{- end }}
  {{- if $own.modelsClaim }}
  - name: models
    persistentVolumeClaim: {claimName: {{ $own.modelsClaim }}, readOnly: true}
  {{- end }}
{{- with $own.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $own.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* The pod that makes the streams. */}}
{{- define "docr.setupPod" -}}
metadata:
  labels:
    {{- include "docr.labels" . | nindent 4 }}
spec:
  {{- include "docr.pod" . | nindent 2 }}
  restartPolicy: Never
  containers:
    - name: setup
      image: {{ include "docr.image" . }}
      imagePullPolicy: {{ .root.Values.image.pullPolicy }}
      args: [setup]
      env:
        {{- include "docr.environment" . | nindent 8 }}
      securityContext:
        {{- include "docr.locked" . | nindent 8 }}
      resources:
        {{- include "docr.resources" . | nindent 8 }}
      volumeMounts:
        {{- include "docr.mounts" . | nindent 8 }}
  {{- include "docr.volumes" . | nindent 2 }}
{{- end -}}
